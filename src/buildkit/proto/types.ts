/** Messages that several services share. Field numbers are BuildKit's public interface (`solver/pb/ops.proto`). */
import { bool, bytes, field, integer, list, map, message, nested, string } from "../wire/message.ts";

export const Timestamp = message({ seconds: field(1, integer), nanos: field(2, integer) });

/** `google.rpc.Status`, in the trailer of a failed call. */
export const Any = message({ typeUrl: field(1, string), value: field(2, bytes) });
export const Status = message({
	code: field(1, integer),
	message: field(2, string),
	details: field(3, list(nested(Any))),
});

export const Platform = message({
	architecture: field(1, string),
	os: field(2, string),
	variant: field(3, string),
	osVersion: field(4, string),
});

/** A graph: each of its steps as an encoded `Op`, the last one naming what it comes to. */
export const Definition = message({
	def: field(1, list(bytes)),
	/** By digests of steps. */
	metadata: field(2, map(nested(message({ ignoreCache: field(1, bool) })))),
});
/** So much of a step as tells a source, and what it stands on. */
export const Op = message({
	inputs: field(1, list(nested(message({ digest: field(1, string), index: field(2, integer) })))),
	source: field(3, nested(message({ identifier: field(1, string) }))),
});

export const SourceInfo = message({
	filename: field(1, string),
	data: field(2, bytes),
	language: field(4, string),
});
const Position = message({ line: field(1, integer), character: field(2, integer) });
export const Range = message({ start: field(1, nested(Position)), end: field(2, nested(Position)) });

export const BytesMessage = message({ data: field(1, bytes) });
export const Empty = message({});

/** Milliseconds since 1970. */
export function timestamp(ms: number): { seconds: number; nanos: number } {
	const seconds = Math.floor(ms / 1000);
	return { seconds, nanos: Math.round((ms - seconds * 1000) * 1_000_000) };
}
