import { createFakeFolder } from "../../test/journal/fake-folder.ts";
import { describeStoreContract } from "../../test/journal/store-contract.ts";
import { createJsonlStore } from "./jsonl-store.ts";
import { createMemoryStore } from "./memory-store.ts";

describeStoreContract("memory", createMemoryStore);
describeStoreContract("JSONL, files that answer at once", () => createJsonlStore(createFakeFolder()));
describeStoreContract("JSONL, files that answer later", () => createJsonlStore(createFakeFolder(true)));
