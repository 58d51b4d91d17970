import { EngineError } from "../../../lib/index.ts";

/** Gives a file's or a folder's new permission bits. */
export type ModeChange = (mode: number, isFolder: boolean) => number;

const bits = { r: 0o444, w: 0o222, x: 0o111 } as const;
const who = { u: 0o700, g: 0o070, o: 0o007, a: 0o777 } as const;
const special = { u: 0o4000, g: 0o2000, o: 0, a: 0o6000 } as const;

/**
 * `--chmod`: octal (`0755`), or clauses as chmod(1) has them (`u=rwX,go-w`), without an umask. Errors:
 * `invalid_argument`.
 */
export function parseModeChange(text: string): ModeChange {
	if (/^[0-7]{1,5}$/.test(text)) {
		const mode = Number.parseInt(text, 8);
		if (mode > 0o7777) throw invalid(text);
		return () => mode;
	}
	const clauses = text.split(",").map((clause) => parseClause(clause, text));
	return (mode, isFolder) => clauses.reduce((current, change) => change(current, isFolder), mode);
}

function parseClause(clause: string, text: string): ModeChange {
	const match = /^([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)$/.exec(clause);
	if (match === null) throw invalid(text);
	const targets = (match[1] === "" ? ["a"] : [...new Set(match[1])]) as (keyof typeof who)[];
	const actions = [...match[2]!.matchAll(/([-+=])([ugo]|[rwxXst]*)/g)];
	return (mode, isFolder) =>
		actions.reduce((current, [, operator, permissions]) => {
			const mask = targets.reduce((sum, target) => sum | who[target] | special[target], 0);
			const sticky = targets.some((target) => target === "a" || target === "o") ? 0o1000 : 0;
			const value = permissionBits(permissions!, { mode: current, isFolder, targets }) & (mask | sticky);
			if (operator === "+") return current | value;
			if (operator === "-") return current & ~value;
			// Of a folder chmod(1) clears setuid and setgid only when told by name; an `=` of a build starts anew.
			return (current & ~(mask | sticky)) | value;
		}, mode);
}

function permissionBits(
	permissions: string,
	{
		mode,
		isFolder,
		targets,
	}: { readonly mode: number; readonly isFolder: boolean; readonly targets: readonly (keyof typeof who)[] },
): number {
	if (/^[ugo]$/.test(permissions)) {
		const shift = { u: 6, g: 3, o: 0 }[permissions as "u" | "g" | "o"];
		const copied = (mode >> shift) & 7;
		return (copied << 6) | (copied << 3) | copied;
	}
	let value = 0;
	for (const permission of permissions) {
		if (permission === "X") value |= isFolder || (mode & 0o111) !== 0 ? 0o111 : 0;
		else if (permission === "s") value |= targets.reduce((sum, target) => sum | special[target], 0);
		else if (permission === "t") value |= 0o1000;
		else value |= bits[permission as keyof typeof bits];
	}
	return value;
}

function invalid(text: string): EngineError {
	return new EngineError("invalid_argument", `invalid chmod parameter: ${JSON.stringify(text)}`);
}
