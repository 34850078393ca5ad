/** A worker that runs the program of the page. */

import { createWebHost } from "harn/web";
import { runProgram } from "./program.ts";

const tell = (message: unknown): void => postMessage(message);

runProgram(createWebHost()).then(tell, (error: unknown) => tell({ status: "rejected", output: String(error) }));
