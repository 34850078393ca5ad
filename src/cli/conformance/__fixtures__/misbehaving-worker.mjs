// Does what the program's source says, as an engine that has met a bad program would.
process.on("message", ({ id, program }) => {
  switch (program.source) {
    case "loop":
      for (;;);
    case "exit":
      process.exit(7);
      break;
    case "abort":
      console.error("last words");
      process.abort();
      break;
    case "hang":
      break;
    case "throw":
      throw new Error("thrown in the worker");
    default:
      process.send({ id, outcome: { status: "ok", output: `${program.source} by ${process.pid}` } });
  }
});
process.send("ready");
