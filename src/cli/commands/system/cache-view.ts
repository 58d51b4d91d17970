import type { BuildCacheRecord } from "../../../client/index.ts";
import { timeAgo } from "../../format/times.ts";
import { decimalSize } from "../../format/units.ts";
import type { View } from "../../format/view.ts";

export const cacheView: View<BuildCacheRecord> = {
	ID: { header: "CACHE ID", get: ({ ID = "" }) => ID.slice(0, 12) },
	CacheType: { header: "CACHE TYPE", get: ({ Type }) => Type ?? "" },
	Size: { header: "SIZE", get: ({ Size }) => decimalSize(Size ?? 0) },
	CreatedSince: { header: "CREATED", get: ({ CreatedAt }) => since(CreatedAt) },
	LastUsedSince: { header: "LAST USED", get: ({ LastUsedAt }) => since(LastUsedAt) },
	UsageCount: { header: "USAGE", get: ({ UsageCount }) => String(UsageCount ?? 0) },
	Shared: { header: "SHARED", get: ({ Shared }) => String(Shared ?? false) },
};

function since(time: string | undefined): string {
	return time === undefined ? "" : timeAgo(Date.parse(time) / 1000);
}
