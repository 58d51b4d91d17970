/** The comments at a Dockerfile's top that say how to read it. Dockerfile reference, "Parser directives". */
export interface Directives {
	/** The front end that the file asks for. */
	readonly syntax?: string;
	/** `\` or a backtick. */
	readonly escape: "\\" | "`";
	/** `skip=…;error=…` of the build checks. */
	readonly check?: string;
}

const pattern = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/;

/** Reads them; whatever is no directive ends them. Throws a plain text for one that is wrong, with its line. */
export function readDirectives(
	lines: readonly string[],
	refuse: (message: string, line: number, word: string) => never,
): Directives {
	const found = new Map<string, string>();
	for (const [index, line] of lines.entries()) {
		const match = pattern.exec(index === 0 ? line.replace(/^\uFEFF/, "") : line);
		const name = match?.[1]?.toLowerCase() ?? "";
		if (match === null || !["syntax", "escape", "check"].includes(name)) break;
		const value = match[2]!;
		if (found.has(name)) refuse(`only one ${name} parser directive can be used`, index + 1, match[1]!);
		if (name === "escape" && value !== "\\" && value !== "`")
			refuse(`invalid escape token '${value}' does not match \` or \\`, index + 1, value);
		found.set(name, value);
	}
	const syntax = found.get("syntax");
	const check = found.get("check");
	return {
		escape: found.get("escape") === "`" ? "`" : "\\",
		...(syntax === undefined ? {} : { syntax }),
		...(check === undefined ? {} : { check }),
	};
}
