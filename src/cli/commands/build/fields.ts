/** `type=local,dest=out`: fields of one flag. A word without `=` has an empty value. Errors name the word. */
export function parseFields(text: string): Record<string, string> {
	const fields: Record<string, string> = {};
	for (const field of splitFields(text)) {
		const equals = field.indexOf("=");
		const key = (equals < 0 ? field : field.slice(0, equals)).trim().toLowerCase();
		if (key === "" || key === "__proto__") throw new Error(`invalid field ${JSON.stringify(field)}`);
		fields[key] = equals < 0 ? "" : field.slice(equals + 1);
	}
	return fields;
}

/** Commas in double quotes belong to the field. */
function splitFields(text: string): string[] {
	const fields = text.match(/(?:"(?:[^"]|"")*"|[^,])+/g) ?? [];
	return fields.map((field) => (/^".*"$/s.test(field) ? field.slice(1, -1).replaceAll('""', '"') : field));
}
