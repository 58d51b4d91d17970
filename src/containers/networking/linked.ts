import { EngineError } from "../../lib/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import type { ContainerRecord } from "../record/record.ts";
import { ownEndpoints } from "./own-endpoints.ts";
import { type ContainerLink, linksOf } from "./plan-links.ts";

/** Another container that one is linked to on the network `bridge`, while both run. */
export interface Linked {
	readonly alias: string;
	readonly address: string;
	/** What it is found by in the hosts file. */
	readonly names: readonly string[];
	readonly record: ContainerRecord;
}

/** Whom a container is linked to. Errors: `conflict` for one that does not run, with Docker's text. */
export function linkedContainers(context: Context, record: ContainerRecord): Linked[] {
	return linksOf(record.hostConfig).map((link) => {
		const linked = resolve(context, link);
		if (linked !== undefined) return linked;
		const name = context.registry.byId(link.containerId)?.record.name ?? link.containerId;
		throw new EngineError(
			"conflict",
			`Cannot link to a non running container: /${name} AS /${record.name}/${link.alias}`,
		);
	});
}

/** Those of them that run now. */
export function runningLinked(context: Context, { hostConfig }: ContainerRecord): Linked[] {
	return linksOf(hostConfig).flatMap((link) => resolve(context, link) ?? []);
}

/** The running containers that are linked to this one, and how. */
export function linkers(context: Context, { id }: Container): { by: Container; linked: Linked }[] {
	return [...context.registry.all()].flatMap((by) => {
		const link = linksOf(by.record.hostConfig).find(({ containerId }) => containerId === id);
		const linked = link === undefined || by.run === undefined ? undefined : resolve(context, link);
		return linked === undefined ? [] : [{ by, linked }];
	});
}

function resolve(context: Context, { alias, containerId }: ContainerLink): Linked | undefined {
	const record = context.registry.byId(containerId)?.record;
	const endpoint = ownEndpoints(context, containerId).find(({ networkName }) => networkName === "bridge");
	if (record === undefined || endpoint === undefined || endpoint.ipv4Address === "") return undefined;
	const names = [...new Set([alias, containerId.slice(0, 12), record.name])];
	return { alias, address: endpoint.ipv4Address, names, record };
}
