/**
 * A numeric header field: octal digits between spaces and NULs, or GNU's base-256 (first bit set, two's complement).
 * `undefined`: neither, or beyond what a JavaScript integer holds.
 */
export function parseNumber(block: Buffer, offset: number, length: number): number | undefined {
	const first = block[offset]!;
	return first & 0x80 ? parseBase256(block, offset, length) : parseOctal(block, offset, length);
}

function parseOctal(block: Buffer, offset: number, length: number): number | undefined {
	const end = offset + length;
	let position = offset;
	while (position < end && (block[position] === 0x20 || block[position] === 0)) position++;
	let value = 0;
	for (; position < end; position++) {
		const digit = block[position]! - 0x30;
		if (digit < 0 || digit > 7) break;
		value = value * 8 + digit;
	}
	for (; position < end; position++) if (block[position] !== 0x20 && block[position] !== 0) return undefined;
	return Number.isSafeInteger(value) ? value : undefined;
}

function parseBase256(block: Buffer, offset: number, length: number): number | undefined {
	const negative = (block[offset]! & 0x40) !== 0;
	let value = 0n;
	for (let index = 0; index < length; index++) {
		let byte = block[offset + index]!;
		if (index === 0) byte = negative ? byte : byte & 0x7f;
		value = (value << 8n) | BigInt(byte);
	}
	if (negative) value -= 1n << BigInt(length * 8);
	const number = Number(value);
	return Number.isSafeInteger(number) ? number : undefined;
}

/** Zero-padded octal with a NUL behind it; false when the number does not fit. */
export function writeOctal(block: Buffer, field: { offset: number; length: number }, value: number): boolean {
	const digits = field.length - 1;
	const fits = Number.isInteger(value) && value >= 0 && value < 8 ** digits;
	block.write((fits ? value : 0).toString(8).padStart(digits, "0"), field.offset, "latin1");
	block[field.offset + digits] = 0;
	return fits;
}
