// Does what the job says, as an engine that has met a bad program would.
process.on("message", ({ id, job }) => {
  switch (job.source) {
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
      process.send({ id, answer: { status: "ok", output: `${job.source} by ${process.pid}` } });
  }
});
process.send("ready");
