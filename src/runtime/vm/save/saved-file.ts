import { EngineError } from "../../../lib/index.ts";
import type { SavedMachine } from "../../contract.ts";
import { type MachineFile, readMachineFile } from "../machine-file.ts";

/** What is known of a saved machine. `corrupt` when its folder is not whole. */
export function savedFile({ folder }: SavedMachine): MachineFile {
	const file = readMachineFile(folder);
	if (file === undefined) throw new EngineError("corrupt", `${folder}: holds no saved machine`);
	return file;
}
