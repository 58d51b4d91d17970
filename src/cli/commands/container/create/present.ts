/** Leaves out what is the engine's default anyway: nothing, no text, false, empty lists and maps. */
export function present<Fields extends object>(fields: Fields): Fields {
	const entries = Object.entries(fields).filter(([key, value]) => meaningful.has(key) || !isAbsent(value));
	return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Fields;
}

/** Fields in which empty or false is not the default. */
const meaningful = new Set(["Init", "MaskedPaths", "ReadonlyPaths"]);

function isAbsent(value: unknown): boolean {
	if (value === undefined || value === "" || value === false) return true;
	return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
