/** `os[/arch[/variant]]` as the API takes it: one JSON object. */
export function platformJson(text: string): string {
	const [os, architecture, variant] = text.split("/");
	return JSON.stringify({ os, architecture, variant });
}
