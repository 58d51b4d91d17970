import { randomInt } from "node:crypto";
import { EngineError } from "../lib/index.ts";
import type { Metadata } from "../store/index.ts";
import { forbidCoreDumps } from "../sys/index.ts";
import type { SecretKind, SecretRecord, Vault } from "./contract.ts";
import { seal, unseal } from "./seal.ts";
import { parseStoredSecret, type StoredSecret } from "./stored.ts";

export interface VaultOptions {
	readonly metadata: Metadata;
	/** Called when a value is sealed or opened. */
	readonly key: () => Uint8Array;
	/** Tests give their own. */
	readonly now?: () => Date;
}

const namePattern = /^[a-zA-Z0-9]+(?:[a-zA-Z0-9._-]*[a-zA-Z0-9])?$/;
const maxNameLength = 64;
/** Docker's, in bytes. */
const maxValueBytes: Readonly<Record<SecretKind, number>> = { secret: 500 * 1024, config: 1000 * 1024 };

/**
 * Secrets and configs, sealed in the database. There is nothing between two steps: a change is one row. From the first
 * value on this process leaves no core dump.
 */
export function createVault({ metadata, key, now = () => new Date() }: VaultOptions): Vault {
	const documents = metadata.documents("secrets", parseStoredSecret);
	const byId = new Map(documents.entries().map(({ value }) => [value.id, value]));
	const ofKind = (kind: SecretKind) => [...byId.values()].filter((secret) => secret.kind === kind);
	const save = (secret: StoredSecret): SecretRecord => {
		metadata.transaction(() => documents.put(secret.id, secret), { durable: true });
		byId.set(secret.id, secret);
		return recordOf(secret);
	};
	const sealed = (secret: Omit<StoredSecret, "sealed">, value: Uint8Array): StoredSecret => {
		forbidCoreDumps();
		return { ...secret, sealed: seal(key(), value, boundTo(secret)) };
	};
	const open = (secret: StoredSecret): Buffer => {
		forbidCoreDumps();
		return unseal(key(), secret.sealed, { bound: boundTo(secret), what: `${secret.kind} ${secret.name}` });
	};
	return {
		create({ kind, name, labels, value }) {
			assertName(kind, name);
			assertValue(kind, value);
			if (ofKind(kind).some((secret) => secret.name === name))
				throw new EngineError("conflict", `${kind} ${name} is there already`);
			const time = now().toISOString();
			const secret = { id: newId(), kind, name, labels, version: 1, createdAt: time, updatedAt: time };
			return save(sealed(secret, value));
		},
		list: (kind) =>
			ofKind(kind)
				.map(recordOf)
				.sort((one, other) => (one.name < other.name ? -1 : 1)),
		get: (kind, reference) => recordOf(find(kind, ofKind(kind), reference)),
		update(kind, reference, change) {
			const secret = find(kind, ofKind(kind), reference);
			if (change.value !== undefined) assertValue(kind, change.value);
			const value = change.value ?? open(secret);
			const { sealed: _, ...before } = secret;
			const labels = change.labels ?? secret.labels;
			const after = { ...before, labels, version: secret.version + 1, updatedAt: now().toISOString() };
			try {
				return save(sealed(after, value));
			} finally {
				if (change.value === undefined) value.fill(0);
			}
		},
		remove(kind, reference) {
			const secret = find(kind, ofKind(kind), reference);
			metadata.transaction(() => documents.delete(secret.id), { durable: true });
			byId.delete(secret.id);
			return recordOf(secret);
		},
		open(id) {
			const secret = byId.get(id);
			if (secret === undefined) throw new EngineError("not_found", `no such secret or config: ${id}`);
			return open(secret);
		},
	};
}

function recordOf({ sealed: _, ...record }: StoredSecret): SecretRecord {
	return record;
}

function boundTo({ id, kind, version }: Pick<SecretRecord, "id" | "kind" | "version">): string {
	return `${kind} ${id} ${version}`;
}

function find(kind: SecretKind, secrets: readonly StoredSecret[], reference: string): StoredSecret {
	const exact = secrets.find(({ id, name }) => id === reference || name === reference);
	if (exact !== undefined) return exact;
	const begun = reference === "" ? [] : secrets.filter(({ id }) => id.startsWith(reference));
	if (begun.length === 1) return begun[0]!;
	if (begun.length > 1)
		throw new EngineError("invalid_argument", `${kind} ${reference}: the beginning of several ids`);
	throw new EngineError("not_found", `${kind} ${reference} not found`);
}

function assertName(kind: SecretKind, name: string): void {
	if (namePattern.test(name) && name.length <= maxNameLength) return;
	throw new EngineError(
		"invalid_argument",
		`invalid ${kind} name ${JSON.stringify(name)}: 1 to ${maxNameLength} letters, digits, '.', '_' and '-', ` +
			"letters or digits at both ends",
	);
}

function assertValue(kind: SecretKind, { length }: Uint8Array): void {
	if (length === 0) throw new EngineError("invalid_argument", `a ${kind} cannot be empty`);
	if (length > maxValueBytes[kind])
		throw new EngineError(
			"too_large",
			`a ${kind} can have ${maxValueBytes[kind]} bytes at most, not ${length}`,
		);
}

const idAlphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
const idLength = 25;

function newId(): string {
	return Array.from({ length: idLength }, () => idAlphabet[randomInt(idAlphabet.length)]).join("");
}
