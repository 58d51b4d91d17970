import { readTar, writeTar } from "../../lib/index.ts";

/** A layer's archive with no time in it that is later than `seconds` since 1970. */
export function withLatestTime(
	archive: AsyncIterable<Uint8Array>,
	seconds: number,
): AsyncIterable<Uint8Array> {
	async function* items() {
		for await (const { entry, content } of readTar(archive)) {
			const mtime = entry.mtime.seconds >= seconds ? { seconds, nanos: 0 } : entry.mtime;
			yield { entry: { ...entry, mtime }, content };
		}
	}
	return writeTar(items());
}
