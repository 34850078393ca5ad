import { createHash, createHmac } from "node:crypto";
import { expect, it } from "vitest";
import { signAwsRequest } from "./aws-signature.ts";

const REQUEST = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  region: "us-east-1",
  service: "bedrock",
  method: "POST",
  url: "https://bedrock-runtime.us-east-1.amazonaws.com/model/meta.llama3%3A0/converse",
  body: '{"messages":[]}',
  nowMs: Date.UTC(2015, 7, 30, 12, 36, 0),
};

it("signs as the recipe of version 4 says, step by step with the platform's own functions", () => {
  const sha = (text: string) => createHash("sha256").update(text).digest("hex");
  const mac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const canonical = [
    "POST",
    "/model/meta.llama3%253A0/converse",
    "",
    "host:bedrock-runtime.us-east-1.amazonaws.com",
    `x-amz-content-sha256:${sha(REQUEST.body)}`,
    "x-amz-date:20150830T123600Z",
    "",
    "host;x-amz-content-sha256;x-amz-date",
    sha(REQUEST.body),
  ].join("\n");
  const scope = "20150830/us-east-1/bedrock/aws4_request";
  const toSign = ["AWS4-HMAC-SHA256", "20150830T123600Z", scope, sha(canonical)].join("\n");
  const day = mac(`AWS4${REQUEST.secretAccessKey}`, "20150830");
  const key = mac(mac(mac(day, "us-east-1"), "bedrock"), "aws4_request");
  expect(signAwsRequest(REQUEST)).toEqual({
    "x-amz-content-sha256": sha(REQUEST.body),
    "x-amz-date": "20150830T123600Z",
    authorization:
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${scope}, ` +
      `SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${mac(key, toSign).toString("hex")}`,
  });
});

it("a session token is sent and signed", () => {
  const headers = signAwsRequest({ ...REQUEST, sessionToken: "tok" });
  expect(headers["x-amz-security-token"]).toBe("tok");
  expect(headers["authorization"]).toContain("SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token");
});
