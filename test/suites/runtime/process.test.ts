import { runtimeSuite } from "./suite.ts";
import { createWorkbench } from "./workbench.ts";

runtimeSuite("process isolation by crun", () => createWorkbench({ defaultRuntime: "crun" }));
runtimeSuite("process isolation by runc", () => createWorkbench({ defaultRuntime: "runc" }));
