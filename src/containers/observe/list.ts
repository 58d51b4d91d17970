import type { ContainerSummary } from "../../api/index.ts";
import type { FilterValues } from "../../api/syntax.ts";
import { parseNanos } from "../../api/syntax.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { commandOf } from "../lifecycle/merge-config.ts";
import { endpointSettings } from "../networking/endpoint-settings.ts";
import { portSummaries } from "../ports/show-ports.ts";
import { countsAsRunning } from "../record/state.ts";
import { containerSizes } from "./container-sizes.ts";
import { containerFilter } from "./list-filter.ts";
import { mountPoints } from "./mount-points.ts";
import { statusText } from "./status-text.ts";

export interface ListQuery {
	readonly all: boolean;
	/** The newest so many, whatever their state; 0 or less is no limit. */
	readonly limit: number;
	readonly size: boolean;
	readonly filters: FilterValues;
}

/** Containers, newest first: those that run, unless `all`, `limit` or a status filter asks for others. */
export async function listContainers(context: Context, query: ListQuery): Promise<ContainerSummary[]> {
	const matches = containerFilter(context, query.filters);
	const everyState = query.all || query.limit > 0 || asksForState(query.filters);
	let containers = [...context.registry.all()]
		.filter((container) => (everyState || countsAsRunning(container.record.state)) && matches(container))
		.sort((a, b) => (a.record.createdAt < b.record.createdAt ? 1 : -1));
	if (query.limit > 0) containers = containers.slice(0, query.limit);
	return Promise.all(containers.map((container) => summary(context, container, query.size)));
}

function asksForState(filters: FilterValues): boolean {
	return ["status", "exited", "since", "before"].some((key) => (filters.get(key)?.length ?? 0) > 0);
}

async function summary(context: Context, container: Container, size: boolean): Promise<ContainerSummary> {
	const { record } = container;
	const health = container.health?.health();
	return {
		Id: record.id,
		Names: [`/${record.name}`],
		Image: imageName(context, container),
		ImageID: record.image.id,
		Command: commandText(container),
		Created: Number(parseNanos(record.createdAt) / 1_000_000_000n),
		Ports: portSummaries(container),
		...(size ? await containerSizes(context, record) : {}),
		Labels: record.config.Labels ?? {},
		State: record.state.status,
		Status: statusText(record.state, Date.now(), health?.Status),
		HostConfig: {
			NetworkMode: record.hostConfig.NetworkMode ?? "",
			...(record.hostConfig.Annotations ? { Annotations: record.hostConfig.Annotations } : {}),
		},
		NetworkSettings: { Networks: endpointSettings(context, record) },
		Mounts: mountPoints(context, record),
		...(health === undefined
			? {}
			: { Health: { Status: health.Status ?? "none", FailingStreak: health.FailingStreak ?? 0 } }),
	};
}

/** The name that was asked for while it still means this image, else the image's id. */
function imageName(context: Context, { record }: Container): string {
	return context.images.find(record.image.reference)?.id === record.image.id
		? record.image.reference
		: record.image.id;
}

function commandText({ record }: Container): string {
	const { path, args } = commandOf(record.config);
	if (args.length === 0) return path;
	return [path, ...args.map((arg) => (arg.includes(" ") ? `'${arg}'` : arg))].join(" ");
}
