import { createOverlaySnapshots, createPlainSnapshots } from "../../../src/store/index.ts";
import { machineSnapshotSuite } from "./machine-suite.ts";

machineSnapshotSuite("overlay", createOverlaySnapshots);
machineSnapshotSuite("plain", createPlainSnapshots);
