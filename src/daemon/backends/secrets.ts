import type { HullSecret } from "../../api/index.ts";
import { type FilterValues, matchesLabels } from "../../api/syntax.ts";
import type { Containers } from "../../containers/index.ts";
import type { Events } from "../../events/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { SecretRecord, Vault } from "../../secrets/index.ts";
import type { SecretsBackend } from "../../server/index.ts";

/** The vault as the routes want it. Values go in; only a config's comes out. */
export function secretsBackend({
	vault,
	containers,
	events,
}: {
	readonly vault: Vault;
	readonly containers: Containers;
	readonly events: Events;
}): SecretsBackend {
	const publish = (action: string, { kind, id, name }: SecretRecord) =>
		events.publish(kind, action, id, { name });
	const toAnswer = (record: SecretRecord, data?: string): HullSecret => ({
		ID: record.id,
		Version: { Index: record.version },
		CreatedAt: record.createdAt,
		UpdatedAt: record.updatedAt,
		Spec: { Name: record.name, Labels: { ...record.labels }, ...(data === undefined ? {} : { Data: data }) },
		UsedBy: containers.usersOfSecret(record.id),
	});
	return {
		async list(kind, filters) {
			const matches = secretFilter(filters);
			return vault
				.list(kind)
				.filter(matches)
				.map((record) => toAnswer(record));
		},
		async create(kind, { Name: name, Labels: labels = {}, Data: data }) {
			const record = withValue(data, (value) => vault.create({ kind, name, labels, value }));
			publish("create", record);
			return { Id: record.id };
		},
		async inspect(kind, reference) {
			const record = vault.get(kind, reference);
			if (kind === "secret") return toAnswer(record);
			return toAnswer(record, Buffer.from(vault.open(record.id)).toString("base64"));
		},
		async update(kind, reference, { Labels: labels, Data: data }) {
			const change = labels === undefined ? {} : { labels };
			const record =
				data === undefined
					? vault.update(kind, reference, change)
					: withValue(data, (value) => vault.update(kind, reference, { ...change, value }));
			publish("update", record);
		},
		async remove(kind, reference) {
			const { id, name } = vault.get(kind, reference);
			const users = containers.usersOfSecret(id);
			if (users.length > 0)
				throw new EngineError("conflict", `${kind} ${name} is in use by containers: ${users.join(", ")}`);
			publish("remove", vault.remove(kind, id));
		},
	};
}

/** The error says nothing of the value. */
function withValue<T>(base64: string, use: (value: Uint8Array) => T): T {
	if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4 !== 0)
		throw new EngineError("invalid_argument", "Data: expected base64");
	const value = Buffer.from(base64, "base64");
	try {
		return use(value);
	} finally {
		value.fill(0);
	}
}

function secretFilter(filters: FilterValues): (record: SecretRecord) => boolean {
	for (const key of filters.keys()) {
		if (!["id", "label", "name"].includes(key))
			throw new EngineError("invalid_argument", `invalid filter '${key}'`);
	}
	const ids = filters.get("id") ?? [];
	const names = filters.get("name") ?? [];
	return (record) =>
		(ids.length === 0 || ids.some((id) => record.id.startsWith(id))) &&
		(names.length === 0 || names.some((name) => record.name.startsWith(name))) &&
		matchesLabels(record.labels, filters);
}
