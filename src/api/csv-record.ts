import { EngineError } from "../lib/index.ts";

/**
 * Fields of one comma-separated record, as Go's encoding/csv reads it: a field in double quotes may hold commas,
 * line breaks and doubled quotes; a quote inside a bare field is an error. Errors: `invalid_argument`.
 */
export function parseCsvRecord(text: string): string[] {
	const fields: string[] = [];
	let position = 0;
	while (true) {
		const field = text[position] === '"' ? quotedField(text, position) : bareField(text, position);
		fields.push(field.value);
		if (field.end >= text.length) return fields;
		position = field.end + 1;
	}
}

interface Field {
	readonly value: string;
	/** Index of the comma behind the field, or the end of the text. */
	readonly end: number;
}

function bareField(text: string, start: number): Field {
	const comma = text.indexOf(",", start);
	const end = comma < 0 ? text.length : comma;
	const value = text.slice(start, end);
	const quote = value.indexOf('"');
	if (quote >= 0) throw syntaxError(start + quote, 'bare " in non-quoted field');
	if (/[\r\n]/.test(value)) throw syntaxError(start, "line break in non-quoted field");
	return { value, end };
}

function quotedField(text: string, start: number): Field {
	let value = "";
	let position = start + 1;
	while (true) {
		const quote = text.indexOf('"', position);
		if (quote < 0) throw syntaxError(text.length, 'extraneous or missing " in quoted-field');
		value += text.slice(position, quote);
		const next = text[quote + 1];
		if (next === undefined || next === ",") return { value, end: quote + 1 };
		if (next !== '"') throw syntaxError(quote, 'extraneous or missing " in quoted-field');
		value += '"';
		position = quote + 2;
	}
}

function syntaxError(index: number, problem: string): EngineError {
	return new EngineError("invalid_argument", `parse error on line 1, column ${index + 1}: ${problem}`);
}
