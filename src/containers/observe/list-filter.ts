import { type FilterValues, matchesLabels, parseBoolean } from "../../api/syntax.ts";
import { EngineError } from "../../lib/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { exitCodeOf } from "../record/state.ts";
import { portTest } from "./port-filter.ts";

const known = [
	"ancestor",
	"before",
	"exited",
	"expose",
	"health",
	"id",
	"isolation",
	"is-task",
	"label",
	"name",
	"network",
	"publish",
	"since",
	"status",
	"volume",
] as const;

const statuses = ["created", "running", "paused", "restarting", "removing", "exited", "dead"];
const healths = ["starting", "healthy", "unhealthy", "none"];

/** Docker's filters of `ps`: values of one key are alternatives (labels: all), keys must all match. */
export function containerFilter(context: Context, filters: FilterValues): (container: Container) => boolean {
	for (const key of filters.keys()) {
		if (!(known as readonly string[]).includes(key)) throw invalid(`invalid filter '${key}'`);
	}
	const tests = [
		...textFilters(filters),
		...stateFilters(filters),
		...relationFilters(context, filters),
		(container: Container) => matchesLabels(container.record.config.Labels ?? {}, filters),
	];
	return (container) => tests.every((test) => test(container));
}

type Test = (container: Container) => boolean;

function textFilters(filters: FilterValues): Test[] {
	const tests: Test[] = [];
	const ids = filters.get("id");
	if (ids?.length) tests.push(({ id }) => ids.some((wanted) => id.startsWith(wanted)));
	const names = filters.get("name")?.map(namePattern);
	if (names?.length) tests.push(({ record }) => names.some((pattern) => pattern.test(`/${record.name}`)));
	return tests;
}

/** A regular expression as in Docker; users also anchor names with the slash. */
function namePattern(text: string): RegExp {
	try {
		return new RegExp(text.startsWith("^") && !text.startsWith("^/") ? `^/${text.slice(1)}` : text);
	} catch (cause) {
		throw new EngineError("invalid_argument", `invalid filter 'name=${text}'`, { cause });
	}
}

function stateFilters(filters: FilterValues): Test[] {
	const tests: Test[] = [];
	const wanted = filters.get("status");
	for (const status of wanted ?? []) {
		if (!statuses.includes(status)) throw invalid(`invalid filter 'status=${status}'`);
	}
	if (wanted?.length) tests.push(({ record }) => wanted.includes(record.state.status));
	const codes = filters.get("exited")?.map(parseExitCode);
	if (codes?.length)
		tests.push(({ record: { state } }) => state.status === "exited" && codes.includes(exitCodeOf(state)));
	const health = filters.get("health");
	for (const value of health ?? []) {
		if (!healths.includes(value)) throw invalid(`invalid filter 'health=${value}'`);
	}
	if (health?.length)
		tests.push(({ health: monitor }) => health.includes(monitor?.health().Status ?? "none"));
	const isolations = filters.get("isolation");
	if (isolations?.length)
		tests.push(({ record }) => isolations.includes(record.hostConfig.Isolation || "process"));
	// There is no swarm, so no container is a task of one.
	if (parseBoolean("is-task", filters.get("is-task")) === true) tests.push(() => false);
	return tests;
}

function parseExitCode(text: string): number {
	if (!/^-?\d+$/.test(text)) throw invalid(`invalid filter 'exited=${text}'`);
	return Number(text);
}

function relationFilters(context: Context, filters: FilterValues): Test[] {
	const tests: Test[] = [];
	const before = createdAtOf(context, "before", filters);
	if (before !== undefined) tests.push(({ record }) => record.createdAt < before);
	const since = createdAtOf(context, "since", filters);
	if (since !== undefined) tests.push(({ record }) => record.createdAt > since);
	const volumes = filters.get("volume");
	if (volumes?.length)
		tests.push(({ record }) =>
			record.mounts.some(
				(mount) =>
					volumes.includes(mount.target) ||
					(mount.type === "volume" && volumes.includes(mount.name)) ||
					(mount.type === "bind" && volumes.includes(mount.source)),
			),
		);
	const networks = filters.get("network")?.map((reference) => networkName(context, reference));
	if (networks?.length)
		tests.push(({ record }) => networks.some((name) => name !== undefined && name in record.endpoints));
	const ancestors = filters.get("ancestor");
	if (ancestors?.length) tests.push(ancestorTest(context, ancestors));
	for (const key of ["expose", "publish"] as const) {
		const ports = filters.get(key);
		if (ports?.length) tests.push(portTest(key, ports));
	}
	return tests;
}

function createdAtOf(context: Context, key: string, filters: FilterValues): string | undefined {
	const [reference] = filters.get(key) ?? [];
	return reference === undefined ? undefined : context.registry.get(reference).record.createdAt;
}

function networkName(context: Context, reference: string): string | undefined {
	return context.networks.list().find(({ name, id }) => name === reference || id.startsWith(reference))?.name;
}

/** Made from one of the images, or from one that has all its layers below. */
function ancestorTest(context: Context, references: readonly string[]): Test {
	const wanted = references.flatMap((reference) => {
		const image = context.images.find(reference);
		return image === undefined ? [] : [image];
	});
	const isBelow = (below: readonly string[], layers: readonly string[]) =>
		below.length > 0 && below.every((digest, i) => layers[i] === digest);
	return ({ record }) => {
		const own = context.images.find(record.image.id)?.config.rootfs.diff_ids ?? [];
		return wanted.some((image) => image.id === record.image.id || isBelow(image.config.rootfs.diff_ids, own));
	};
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
