import { EngineError } from "../errors.ts";
import { type TarEntry, tarText } from "./entry.ts";
import { formatTarHeader, tarEnd, tarPadding } from "./header-writer.ts";
import { type TarEvent, TarParser } from "./parser.ts";

/** An entry and its content, which is empty for all that is no file. Holes of sparse files are left out of it. */
export interface TarItem {
	readonly entry: TarEntry;
	readonly content: AsyncIterable<Uint8Array>;
}

/**
 * Reads an archive entry by entry, in step with whoever takes them. The content may be read or left; it is only good
 * until the next entry is asked for, and so is each piece of it until the next piece.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarItem, void, undefined> {
	const parser = new TarParser();
	const input = source[Symbol.asyncIterator]();
	const next = async (): Promise<TarEvent | undefined> => {
		for (;;) {
			const event = parser.next();
			if (event !== undefined) return event;
			const chunk = await input.next();
			if (chunk.done === true) {
				parser.finish();
				return undefined;
			}
			parser.feed(chunk.value);
		}
	};
	let inEntry = false;
	async function* content(): AsyncGenerator<Uint8Array, void, undefined> {
		while (inEntry) {
			const event = await next();
			if (event?.kind === "data") yield event.bytes;
			else inEntry = false;
		}
	}
	try {
		for (;;) {
			while (inEntry) inEntry = (await next())?.kind === "data";
			const event = await next();
			if (event === undefined) return;
			if (event.kind !== "entry") throw new Error(`tar event ${event.kind} between entries`);
			inEntry = true;
			yield { entry: event.entry, content: content() };
		}
	} finally {
		await input.return?.();
	}
}

interface WrittenItem {
	readonly entry: TarEntry;
	readonly content?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Writes an archive. A file whose content is not as long as its entry says is an error `corrupt`. */
export async function* writeTar(
	items: AsyncIterable<WrittenItem> | Iterable<WrittenItem>,
): AsyncGenerator<Uint8Array, void, undefined> {
	for await (const { entry, content = [] } of items) {
		yield formatTarHeader(entry);
		let left =
			entry.extents === undefined ? entry.size : entry.extents.reduce((sum, { length }) => sum + length, 0);
		for await (const chunk of content) {
			left -= chunk.length;
			if (left < 0) break;
			yield chunk;
		}
		if (left !== 0)
			throw new EngineError(
				"corrupt",
				`${tarText(entry.name)}: content is ${left < 0 ? "longer" : "shorter"} than its entry`,
			);
		const padding = tarPadding(entry);
		if (padding.length > 0) yield padding;
	}
	yield tarEnd;
}
