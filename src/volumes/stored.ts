import type { VolumeRecord } from "./contract.ts";

/** A row of the `volumes` documents. The mountpoint is not stored: the data root may have moved. */
export interface StoredVolume extends Omit<VolumeRecord, "mountpoint"> {
	/** Ids of the containers that use it. */
	readonly users: readonly string[];
}

/** Checks what the database gives back; throws for any other shape. */
export function parseStoredVolume(value: unknown): StoredVolume {
	const record = value as StoredVolume;
	const sound =
		typeof value === "object" &&
		value !== null &&
		typeof record.name === "string" &&
		record.driver === "local" &&
		typeof record.createdAt === "string" &&
		typeof record.anonymous === "boolean" &&
		isTextMap(record.labels) &&
		isTextMap(record.options) &&
		Array.isArray(record.users) &&
		record.users.every((user) => typeof user === "string");
	if (!sound) throw new Error("not a volume's record");
	return record;
}

function isTextMap(value: unknown): value is Record<string, string> {
	if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
	return Object.values(value).every((item) => typeof item === "string");
}
