/** Sizes as Docker prints them (go-units): four significant digits, no trailing zeros. */

const decimalUnits = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
const binaryUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/** `1.234MB`: powers of 1000. */
export function decimalSize(bytes: number, digits = 4): string {
	return scaled(bytes, { base: 1000, units: decimalUnits, digits });
}

/** `1.177MiB`: powers of 1024. */
export function binarySize(bytes: number): string {
	return scaled(bytes, { base: 1024, units: binaryUnits, digits: 4 });
}

function scaled(bytes: number, options: { base: number; units: readonly string[]; digits: number }): string {
	const { base, units, digits } = options;
	let value = bytes;
	let unit = 0;
	while (value >= base && unit < units.length - 1) {
		value /= base;
		unit++;
	}
	return `${significant(value, digits)}${units[unit]}`;
}

/** C's `%.4g`: rounded to the digits, exponent form when the number is longer than they are. */
function significant(value: number, digits: number): string {
	if (value === 0) return "0";
	const text = value.toPrecision(digits);
	if (!text.includes("e")) return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
	const [mantissa, exponent] = text.split("e") as [string, string];
	const power = Math.abs(Number(exponent)).toString().padStart(2, "0");
	return `${mantissa.replace(/\.?0+$/, "")}e${exponent[0]}${power}`;
}
