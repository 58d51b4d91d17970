/** A YAML 1.2 document's value. Throws `SyntaxError` for what is none. */
export function parseYaml(text: string): unknown {
	return Bun.YAML.parse(text);
}
