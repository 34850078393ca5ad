// What every client is given: the same prompt, the same tool.

export const system = "You look things up and say when you are done.";
export const prompt = "Look everything up, one thing after the other.";

export const tool = {
  name: "lookup",
  description: "Looks a key up and returns what is known about it",
  schema: {
    type: "object",
    properties: { key: { type: "string", description: "The key to look up" } },
    required: ["key"],
    additionalProperties: false,
  },
  run: ({ key }) => ({ key, value: `What is known about ${key}`, found: true }),
};

/** Steps that a client may take in one conversation. */
export const maxSteps = 50;
