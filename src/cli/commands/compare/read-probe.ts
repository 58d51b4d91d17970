import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { selfCommand } from "../../../lib/index.ts";
import { CommandFailure } from "../../failure.ts";

/** The program that measures: beside the executable, or where the native build leaves it; `HULL_PROBE` overrides. */
export function readProbe(): Uint8Array {
	const [program, entry] = selfCommand();
	const beside =
		entry === undefined
			? join(dirname(program!), "hull-probe")
			: join(dirname(entry), "../../native/build/hull-probe");
	const path = process.env["HULL_PROBE"] ?? beside;
	if (existsSync(path)) return readFileSync(path);
	throw new CommandFailure(`hull-probe is missing at ${path}: build it with npm run setup`);
}
