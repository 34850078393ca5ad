// Format

export {
  type Constant,
  ERROR_KINDS,
  type ErrorKind,
  FORMAT_VERSION,
  type FunctionProto,
  type Handler,
  type ImportBinding,
  type ModuleCode,
  type TypeTest,
} from "./function.ts";
export { type OpcodeInfo, type OperandKind, opcode, opcodes } from "./opcodes.ts";

// Writing, reading, checking

export { Assembler, type Label, type Operand } from "./assembler.ts";
export { disassemble, placeAt } from "./disassemble.ts";
export { decodeModule, encodeModule } from "./serialize.ts";
export { type VerifyProblem, verifyModule } from "./verify.ts";
