/**
 * The columns that a kind of object has: what `--format` can name. A getter runs only for the columns that are
 * printed, so that a table costs what it shows.
 */
export type View<Item> = Readonly<Record<string, ViewField<Item>>>;

export interface ViewField<Item> {
	/** Of the column in a table. */
	readonly header: string;
	/** A text as a rule; functions are methods with arguments (`{{.Label "key"}}`). */
	readonly get: (item: Item) => unknown;
	/** Left out of `{{json .}}`: methods. */
	readonly method?: true;
}

/** The object that templates see: fields are computed when they are read. */
export function viewObject<Item>(view: View<Item>, item: Item): Record<string, unknown> {
	const object: Record<string, unknown> = {};
	for (const [name, field] of Object.entries(view)) {
		Object.defineProperty(object, name, {
			enumerable: field.method !== true,
			get: () => field.get(item),
		});
	}
	return object;
}

/** A row of its headers, for `table` templates. */
export function headerObject<Item>(view: View<Item>): Record<string, unknown> {
	return Object.fromEntries(
		Object.entries(view).map(([name, field]) => [name, field.method ? () => field.header : field.header]),
	);
}
