import { EngineError } from "../lib/index.ts";
import { type Container, createContainer } from "./container.ts";
import type { ContainerRecord } from "./record/record.ts";

/** The containers in memory, found the ways Docker finds them. */
export interface Registry {
	/** By full id, name, or unambiguous id prefix; `not_found` with Docker's text otherwise. */
	get(reference: string): Container;
	find(reference: string): Container | undefined;
	byId(id: string): Container | undefined;
	all(): Iterable<Container>;
	/** Takes a name for an id that is about to be made. `conflict` with Docker's text when it is taken. */
	reserveName(name: string, id: string): void;
	releaseName(name: string, id: string): void;
	isNameTaken(name: string): boolean;
	add(record: ContainerRecord): Container;
	remove(container: Container): void;
	readonly size: number;
}

export function createRegistry(): Registry {
	const containers = new Map<string, Container>();
	const idByName = new Map<string, string>();

	const find = (reference: string): Container | undefined => {
		const exact = containers.get(reference);
		if (exact !== undefined) return exact;
		const id = idByName.get(reference.startsWith("/") ? reference.slice(1) : reference);
		if (id !== undefined && containers.has(id)) return containers.get(id);
		return findByPrefix(containers, reference);
	};

	return {
		find,
		get(reference) {
			const container = find(reference);
			if (container === undefined) throw new EngineError("not_found", `No such container: ${reference}`);
			return container;
		},
		byId: (id) => containers.get(id),
		all: () => containers.values(),
		reserveName(name, id) {
			const holder = idByName.get(name);
			if (holder !== undefined && holder !== id) {
				throw new EngineError(
					"conflict",
					`Conflict. The container name "/${name}" is already in use by container "${holder}". You have to remove (or rename) that container to be able to reuse that name.`,
				);
			}
			idByName.set(name, id);
		},
		releaseName(name, id) {
			if (idByName.get(name) === id) idByName.delete(name);
		},
		isNameTaken: (name) => idByName.has(name),
		add(record) {
			const container = createContainer(record);
			containers.set(record.id, container);
			idByName.set(record.name, record.id);
			return container;
		},
		remove(container) {
			containers.delete(container.id);
			if (idByName.get(container.record.name) === container.id) idByName.delete(container.record.name);
		},
		get size() {
			return containers.size;
		},
	};
}

function findByPrefix(containers: ReadonlyMap<string, Container>, prefix: string): Container | undefined {
	if (!/^[0-9a-f]{1,63}$/.test(prefix)) return undefined;
	let found: Container | undefined;
	for (const [id, container] of containers) {
		if (!id.startsWith(prefix)) continue;
		if (found !== undefined) {
			throw new EngineError("invalid_argument", `multiple IDs found with provided prefix: ${prefix}`);
		}
		found = container;
	}
	return found;
}
