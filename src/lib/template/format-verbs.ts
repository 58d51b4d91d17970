import { printValue } from "./print-value.ts";

/** Go's Sprintf for the verbs that templates use: %s %v %d %q %x %t %f %c, with flags `-+0`, width and precision. */
export function format(pattern: string, values: readonly unknown[]): string {
	let used = 0;
	const text = pattern.replace(/%([-+ 0#]*)(\d*)(?:\.(\d+))?([a-zA-Z%])/g, (_, ...groups: string[]) => {
		const [flags = "", width = "", precision, verb = "v"] = groups;
		if (verb === "%") return "%";
		if (used >= values.length) return `%!${verb}(MISSING)`;
		const body = formatVerb(verb, values[used++], precision === undefined ? undefined : Number(precision));
		const signed = flags.includes("+") && /^\d/.test(body) ? `+${body}` : body;
		return padded(signed, flags, Number(width));
	});
	const extra = values.slice(used).map((value) => `${typeof value}=${printValue(value)}`);
	return extra.length === 0 ? text : `${text}%!(EXTRA ${extra.join(", ")})`;
}

function formatVerb(verb: string, value: unknown, precision: number | undefined): string {
	switch (verb) {
		case "s":
		case "v":
			return printValue(value).slice(0, precision);
		case "d":
			return typeof value === "number" || typeof value === "bigint" ? String(value) : bad(verb, value);
		case "q":
			return JSON.stringify(printValue(value));
		case "x":
			return typeof value === "number" ? value.toString(16) : Buffer.from(printValue(value)).toString("hex");
		case "t":
			return typeof value === "boolean" ? String(value) : bad(verb, value);
		case "f":
			return typeof value === "number" ? value.toFixed(precision ?? 6) : bad(verb, value);
		case "c":
			return typeof value === "number" ? String.fromCodePoint(value) : bad(verb, value);
		default:
			return bad(verb, value);
	}
}

function bad(verb: string, value: unknown): string {
	return `%!${verb}(${typeof value}=${printValue(value)})`;
}

function padded(text: string, flags: string, width: number): string {
	if (flags.includes("-")) return text.padEnd(width);
	return text.padStart(width, flags.includes("0") ? "0" : " ");
}
