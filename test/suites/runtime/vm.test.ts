import { runtimeSuite } from "./suite.ts";
import { createWorkbench } from "./workbench.ts";

runtimeSuite("isolation by a virtual machine", () => createWorkbench({ isolation: "vm" }), "vm");
