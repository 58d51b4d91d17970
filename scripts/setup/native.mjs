import { run } from "./run.mjs";

/** Builds hull-shim; make decides whether anything is to be done. */
export function buildNative() {
	run("make", ["-C", "native", "--silent"]);
}
