/**
 * Protocol buffers (proto3) as data: a message is described by its fields' numbers and kinds, and its TypeScript type
 * follows from that. Only what BuildKit's interface uses: strings, bytes, integers, booleans, messages, lists, maps.
 * The library reads and writes the bytes.
 */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** How values of a field are carried. */
export interface Kind<Value> {
	readonly wireType: WireType;
	/** Of a field that was not sent. */
	readonly absent: () => Value;
	/** `previous` is what the field had: lists and maps grow, others are replaced. */
	readonly read: (reader: BinaryReader, previous: Value) => Value;
	/** Writes tag and value; nothing for a value that is like an absent one. */
	readonly write: (writer: BinaryWriter, number: number, value: Value) => void;
}

export interface Field<Value> {
	readonly number: number;
	readonly kind: Kind<Value>;
}

// biome-ignore lint/suspicious/noExplicitAny: each field has a type of its own, which ValuesOf finds again
type Fields = Readonly<Record<string, Field<any>>>;
type ValuesOf<Of extends Fields> = {
	readonly [Name in keyof Of]: Of[Name] extends Field<infer Value> ? Value : never;
};

export interface Message<Value> {
	/** Fields that are left out are not sent. */
	encode(value: Partial<Value>): Uint8Array;
	/** Unknown fields are skipped. `Error` when the bytes are no such message. */
	decode(bytes: Uint8Array): Value;
}

/** What a decoded message is. */
export type Decoded<Of> = Of extends Message<infer Value> ? Value : never;

export function field<Value>(number: number, kind: Kind<Value>): Field<Value> {
	return { number, kind };
}

export function message<const Of extends Fields>(fields: Of): Message<ValuesOf<Of>> {
	const entries = Object.entries(fields);
	const byNumber = new Map(
		entries.map(([name, of]) => [of.number, { name, kind: of.kind as Kind<unknown> }]),
	);
	return {
		encode(value) {
			const writer = new BinaryWriter();
			for (const [name, { number, kind }] of entries) {
				const given = (value as Record<string, unknown>)[name];
				if (given !== undefined) kind.write(writer, number, given);
			}
			return writer.finish();
		},
		decode(bytes) {
			const reader = new BinaryReader(bytes);
			const value: Record<string, unknown> = {};
			for (const [name, { kind }] of entries) value[name] = kind.absent();
			while (reader.pos < reader.len) {
				const [number, wireType] = reader.tag();
				const known = byNumber.get(number);
				if (known === undefined || known.kind.wireType !== wireType) reader.skip(wireType, number);
				else value[known.name] = known.kind.read(reader, value[known.name]);
			}
			return value as ValuesOf<Of>;
		},
	};
}

export const string: Kind<string> = {
	wireType: WireType.LengthDelimited,
	absent: () => "",
	read: (reader) => reader.string(),
	write: (writer, number, value) => {
		if (value !== "") writer.tag(number, WireType.LengthDelimited).string(value);
	},
};

export const bytes: Kind<Uint8Array> = {
	wireType: WireType.LengthDelimited,
	absent: () => new Uint8Array(),
	read: (reader) => reader.bytes(),
	write: (writer, number, value) => {
		if (value.length > 0) writer.tag(number, WireType.LengthDelimited).bytes(value);
	},
};

export const bool: Kind<boolean> = {
	wireType: WireType.Varint,
	absent: () => false,
	read: (reader) => reader.bool(),
	write: (writer, number, value) => {
		if (value) writer.tag(number, WireType.Varint).bool(value);
	},
};

/** `uint32`, and enums. */
export const uint32: Kind<number> = {
	wireType: WireType.Varint,
	absent: () => 0,
	read: (reader) => reader.uint32(),
	write: (writer, number, value) => {
		if (value !== 0) writer.tag(number, WireType.Varint).uint32(value);
	},
};

/** `int32` and `int64` of which only what a number can hold exactly matters. */
export const integer: Kind<number> = {
	wireType: WireType.Varint,
	absent: () => 0,
	read: (reader) => Number(reader.int64()),
	write: (writer, number, value) => {
		if (value !== 0) writer.tag(number, WireType.Varint).int64(BigInt(Math.trunc(value)));
	},
};

export const int64: Kind<bigint> = {
	wireType: WireType.Varint,
	absent: () => 0n,
	read: (reader) => BigInt(reader.int64()),
	write: (writer, number, value) => {
		if (value !== 0n) writer.tag(number, WireType.Varint).int64(value);
	},
};

/** A message inside of one; `undefined`: there is none. */
export function nested<Value>(of: Message<Value>): Kind<Partial<Value> | undefined> {
	return {
		wireType: WireType.LengthDelimited,
		absent: () => undefined,
		read: (reader) => of.decode(reader.bytes()) as Partial<Value>,
		write: (writer, number, value) => {
			if (value !== undefined) writer.tag(number, WireType.LengthDelimited).bytes(of.encode(value));
		},
	};
}

/** Any number of strings, byte strings or messages. */
export function list<Value>(of: Kind<Value>): Kind<readonly Exclude<Value, undefined>[]> {
	type Item = Exclude<Value, undefined>;
	return {
		wireType: of.wireType,
		absent: () => [],
		read: (reader, previous) => {
			(previous as Item[]).push(of.read(reader, of.absent()) as Item);
			return previous;
		},
		write: (writer, number, values) => {
			// Each is sent, also an empty one.
			const one = new BinaryWriter();
			for (const value of values) {
				of.write(one, number, value);
				const written = one.finish();
				if (written.length > 0) writer.raw(written);
				else writer.tag(number, of.wireType).bytes(new Uint8Array());
			}
		},
	};
}

/** A map with strings for keys. */
export function map<Value>(of: Kind<Value>): Kind<ReadonlyMap<string, Value>> {
	const entry = message({ key: field(1, string), value: field(2, of) });
	return {
		wireType: WireType.LengthDelimited,
		absent: () => new Map(),
		read: (reader, previous) => {
			const { key, value } = entry.decode(reader.bytes());
			(previous as Map<string, Value>).set(key as string, value as Value);
			return previous;
		},
		write: (writer, number, values) => {
			for (const [key, value] of values)
				writer.tag(number, WireType.LengthDelimited).bytes(entry.encode({ key, value } as never));
		},
	};
}
