import { median, row } from "../table.mjs";

/** `run --rm busybox true` from the client's start to its end, with a bridge and with no network. */
export async function start({ all, alternate }) {
	const rows = [];
	for (const [network, budget] of [
		["bridge", 0.2],
		["none", 0.2],
	]) {
		const figures = await alternate(
			15,
			(engine) =>
				engine.time("run", "--rm", ...(engine.runOptions ?? []), "--network", network, "busybox", "true"),
			network === "bridge" ? all.filter(({ name }) => name !== "podman") : all,
		);
		const medians = Object.fromEntries(Object.entries(figures).map(([name, times]) => [name, median(times)]));
		rows.push(row(`run --rm, ${network}`, "ms", medians, { budget }));
	}
	return rows;
}
