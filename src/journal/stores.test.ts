import { createFakeFolder } from "../../test/journal/fake-folder.ts";
import { describeFaultContract } from "../../test/journal/fault-contract.ts";
import { describeStoreContract } from "../../test/journal/store-contract.ts";
import { createJsonlStore } from "./jsonl-store.ts";
import { createMemoryStore } from "./memory-store.ts";

describeStoreContract("memory", createMemoryStore);
describeStoreContract("JSONL, files that answer at once", () => createJsonlStore(createFakeFolder()));
describeStoreContract("JSONL, files that answer later", () => createJsonlStore(createFakeFolder(true)));

for (const later of [false, true]) {
  describeFaultContract(`JSONL, files that answer ${later ? "later" : "at once"}`, (faults) => {
    const folder = createFakeFolder(later);
    return { store: createJsonlStore(folder, { faults }), reopen: () => createJsonlStore(folder) };
  });
}
