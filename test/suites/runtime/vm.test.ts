import { setDefaultTimeout } from "bun:test";
import { runtimeSuite } from "./suite.ts";
import { createWorkbench } from "./workbench.ts";

// By translation everything takes longer, on a busy machine much longer.
setDefaultTimeout(30_000);

runtimeSuite("isolation by a virtual machine", () => createWorkbench({ isolation: "vm" }), "vm");
