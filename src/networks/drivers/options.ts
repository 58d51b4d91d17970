import { EngineError } from "../../lib/index.ts";

/** What the values of several drivers' options have in common, with Docker's (Go's) texts for what cannot be. */

/** Docker keeps options that it does not know; of those that have its own prefix, or ours, one may expect an effect. */
export function refuseUnknown(options: Readonly<Record<string, string>>, known: readonly string[]): void {
	for (const name of Object.keys(options)) {
		if (/^(com\.docker\.network|hull)\./.test(name) && !known.includes(name))
			throw new EngineError("not_implemented", `the network option ${name} is not supported`);
	}
}

export function parseBool(name: string, value: string | undefined, otherwise: boolean): boolean {
	if (value === undefined) return otherwise;
	if (/^(1|t|T|TRUE|true|True)$/.test(value)) return true;
	if (/^(0|f|F|FALSE|false|False)$/.test(value)) return false;
	const reason = `strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`;
	throw new EngineError("invalid_argument", `failed to parse ${name} value: ${value} (${reason})`);
}

/** The kernel's bounds for IPv4; 0 leaves the choice to the engine. */
export function parseMtu(name: string, value: string | undefined): number | undefined {
	if (value === undefined || value === "") return undefined;
	if (!/^[+-]?\d{1,9}$/.test(value)) {
		const reason = `strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`;
		throw new EngineError("invalid_argument", `failed to parse ${name} value: ${value} (${reason})`);
	}
	const mtu = Number(value);
	if (mtu === 0) return undefined;
	if (mtu < 68 || mtu > 65535) throw new EngineError("invalid_argument", `invalid MTU number: ${value}`);
	return mtu;
}

/** What names of interfaces inside begin with; a number comes after it. */
export function parseInterfacePrefix(name: string, value: string | undefined): string {
	if (value === undefined || value === "") return "eth";
	if (/^[a-zA-Z][a-zA-Z0-9_.-]{0,11}$/.test(value) && value !== "lo") return value;
	throw new EngineError(
		"invalid_argument",
		`failed to parse ${name} value: ${JSON.stringify(value)} cannot begin the name of an interface`,
	);
}
