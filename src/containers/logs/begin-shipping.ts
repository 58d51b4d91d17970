import { assertReachable } from "../../logging/index.ts";
import type { Context } from "../context.ts";
import { taskLocation } from "../locations.ts";
import type { ContainerRecord } from "../record/record.ts";
import { logPlanOf, shippingOrder } from "./plan.ts";

/** Has what the next run writes sent to the server of its log driver. Errors: when that cannot be reached. */
export async function beginShipping(context: Context, record: ContainerRecord): Promise<void> {
	const order = shippingOrder(record, taskLocation(context, record.id).stateDir);
	if (order === undefined) return;
	await assertReachable(logPlanOf(record).destination!);
	context.logShipping.begin(order);
}
