/**
 * One row of a result: what was measured, its unit, and the figure of each engine. `better` says which way is good;
 * `budget` is the ratio to `against` that Hull has set itself.
 */
export function row(name, unit, figures, { better = "lower", against = "docker", budget } = {}) {
	const ratio = figures[against] ? figures.hull / figures[against] : undefined;
	return { name, unit, figures, better, against, ratio, budget };
}

export function printTable(rows) {
	for (const { name, unit, figures, better, against, ratio, budget } of rows) {
		const values = Object.entries(figures).map(([engine, value]) => `${engine} ${format(value)}`);
		const verdict =
			ratio === undefined ? "" : `  hull/${against} ${ratio.toFixed(2)}${judge(ratio, budget, better)}`;
		console.log(`  ${name} (${unit}): ${values.join("  ")}${verdict}`);
	}
}

function judge(ratio, budget, better) {
	if (budget === undefined) return "";
	const met = better === "lower" ? ratio <= budget : ratio >= budget;
	return ` (budget ${better === "lower" ? "≤" : "≥"} ${budget}: ${met ? "met" : "NOT met"})`;
}

function format(value) {
	if (value === undefined) return "-";
	return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);
}

export function median(values) {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)];
}
