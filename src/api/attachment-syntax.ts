import { EngineError } from "../lib/index.ts";
import { parseCsvRecord } from "./csv-record.ts";
import type { HullAttachment } from "./schemas/secrets.ts";

const maxId = 2 ** 32 - 2;

/**
 * One `--secret` or `--config` value: `NAME`, or `NAME,target=PATH,uid=N,gid=N,mode=OCTAL` or `NAME,env=VARIABLE`;
 * Docker's `source=NAME,…` too. Errors: `invalid_argument`.
 */
export function parseAttachment(text: string): HullAttachment {
	const attachment: { -readonly [Key in keyof HullAttachment]: HullAttachment[Key] } = { Name: "" };
	for (const [index, field] of parseCsvRecord(text.trim()).entries()) {
		const equals = field.indexOf("=");
		if (equals < 0) {
			if (index > 0) throw invalid(`invalid field '${field}': must be a key=value pair`);
			attachment.Name = field;
			continue;
		}
		const key = field.slice(0, equals).toLowerCase();
		const value = field.slice(equals + 1);
		if (value === "") throw invalid(`invalid value for '${key}': value is empty`);
		apply(attachment, key, value);
	}
	if (attachment.Name === "") throw invalid("source is required");
	return attachment;
}

function apply(
	attachment: { -readonly [Key in keyof HullAttachment]: HullAttachment[Key] },
	key: string,
	value: string,
): void {
	switch (key) {
		case "source":
		case "src":
			attachment.Name = value;
			return;
		case "target":
		case "dst":
			attachment.Target = value;
			return;
		case "uid":
			attachment.UID = numberOf(key, value);
			return;
		case "gid":
			attachment.GID = numberOf(key, value);
			return;
		case "mode":
			if (!/^0?[0-7]{1,3}$/.test(value)) throw invalid(`invalid mode '${value}': must be octal, up to 0777`);
			attachment.Mode = Number.parseInt(value, 8);
			return;
		case "env":
			attachment.Env = value;
			return;
		default:
			throw invalid(`invalid field key '${key}': must be one of source, target, uid, gid, mode, env`);
	}
}

function numberOf(key: string, value: string): number {
	const number = Number(value);
	if (!/^\d+$/.test(value) || number > maxId) throw invalid(`invalid ${key} '${value}': must be a number`);
	return number;
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
