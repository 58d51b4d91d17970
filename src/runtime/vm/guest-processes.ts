import { EngineError } from "../../lib/index.ts";
import type { GuestProcess } from "../contract.ts";
import { type Field, fieldOf, numberOf } from "../session/index.ts";

const maxTextChars = 4096;

/** The processes that PROCESSES tells of. `corrupt` when it makes no sense. */
export function parseGuestProcesses(fields: readonly Field[]): GuestProcess[] {
	const groups: Field[][] = [];
	for (const field of fields) {
		if (field[0] === "pid") groups.push([]);
		const group = groups.at(-1);
		if (group === undefined) throw new EngineError("corrupt", `the guest sent ${field[0]} before a pid`);
		group.push(field);
	}
	return groups.map((group) => {
		const text = (key: string) => printable(fieldOf(group, key) ?? "");
		return {
			pid: numberOf(group, "pid"),
			parentPid: numberOf(group, "ppid"),
			uid: numberOf(group, "uid"),
			tty: text("tty") || "?",
			startedAtMs: numberOf(group, "start") * 1000,
			cpuMs: numberOf(group, "cpu-ms"),
			residentBytes: numberOf(group, "rss-bytes"),
			state: text("state") || "?",
			command: text("command"),
		};
	});
}

/** It is shown on terminals. */
function printable(text: string): string {
	return text.slice(0, maxTextChars).replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}
