#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices.h"
#include "netlink.h"
#include "text.h"

#define NICS 4
#define SEEN_MAX 512

/* What each NIC is called now; empty before its first configuration. */
static char names[NICS][IFNAMSIZ];
/* And what else it was told to be. */
static char seen[NICS][SEEN_MAX];

static bool set_up(unsigned index, bool up)
{
	struct request request;
	struct ifinfomsg *info = netlink_begin(&request, RTM_NEWLINK, 0, sizeof *info);
	info->ifi_index = (int)index;
	info->ifi_flags = up ? IFF_UP : 0;
	info->ifi_change = IFF_UP;
	return netlink_send(&request);
}

void network_loopback(void)
{
	set_up(1, true);
}

/* Name, hardware address and MTU, which want the interface down. */
static bool set_link(unsigned index, const struct interface *interface)
{
	char aside[IFNAMSIZ];
	/* The name is another's to have. */
	snprintf(aside, sizeof aside, "off%u", index);
	struct request request;
	struct ifinfomsg *info = netlink_begin(&request, RTM_NEWLINK, 0, sizeof *info);
	info->ifi_index = (int)index;
	const char *name = interface->down ? aside : interface->name;
	netlink_attribute(&request, IFLA_IFNAME, name, strlen(name) + 1);
	if (interface->has_mac)
		netlink_attribute(&request, IFLA_ADDRESS, interface->mac, sizeof interface->mac);
	if (interface->mtu)
		netlink_attribute(&request, IFLA_MTU, &interface->mtu, sizeof interface->mtu);
	return netlink_send(&request);
}

struct address {
	int family;
	uint8_t bytes[16];
	size_t length;
	uint8_t prefix;
};

/* An address, with a prefix length where `prefixed`. */
static bool parse_address(const char *text, bool prefixed, struct address *address)
{
	char plain[INET6_ADDRSTRLEN];
	size_t length = strcspn(text, "/");
	if (length >= sizeof plain || (text[length] == '/') != prefixed)
		return false;
	memcpy(plain, text, length);
	plain[length] = 0;
	address->family = strchr(plain, ':') ? AF_INET6 : AF_INET;
	address->length = address->family == AF_INET6 ? 16 : 4;
	if (inet_pton(address->family, plain, address->bytes) != 1)
		return false;
	if (!prefixed)
		return true;
	char *end;
	unsigned long prefix = strtoul(text + length + 1, &end, 10);
	address->prefix = (uint8_t)prefix;
	return *end == 0 && end > text + length + 1 && prefix <= address->length * 8;
}

static bool remove_address(void *context, const struct nlmsghdr *header)
{
	const struct ifaddrmsg *message = NLMSG_DATA(header);
	struct request request;
	if (header->nlmsg_type != RTM_NEWADDR || message->ifa_index != *(const unsigned *)context)
		return true;
	struct ifaddrmsg *removed = netlink_begin(&request, RTM_DELADDR, 0, sizeof *removed);
	*removed = *message;
	int length = (int)IFA_PAYLOAD(header);
	for (const struct rtattr *part = IFA_RTA(message); RTA_OK(part, length); part = RTA_NEXT(part, length))
		if (part->rta_type == IFA_LOCAL || part->rta_type == IFA_ADDRESS)
			netlink_attribute(&request, part->rta_type, RTA_DATA(part), RTA_PAYLOAD(part));
	return netlink_send(&request);
}

static bool flush_addresses(unsigned index)
{
	struct request request;
	struct ifaddrmsg *message = netlink_begin(&request, RTM_GETADDR, NLM_F_DUMP, sizeof *message);
	message->ifa_family = AF_UNSPEC;
	return netlink_dump(&request, remove_address, &index);
}

static bool add_address(unsigned index, const struct address *address)
{
	struct request request;
	struct ifaddrmsg *message = netlink_begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, sizeof *message);
	message->ifa_family = (uint8_t)address->family;
	message->ifa_prefixlen = address->prefix;
	message->ifa_index = index;
	/* A container uses its address at once: nobody else has it, so that there is no duplicate to look for. */
	message->ifa_flags = address->family == AF_INET6 ? IFA_F_NODAD : 0;
	netlink_attribute(&request, IFA_LOCAL, address->bytes, address->length);
	netlink_attribute(&request, IFA_ADDRESS, address->bytes, address->length);
	if (address->family == AF_INET && address->prefix < 31) {
		uint8_t broadcast[4];
		for (int i = 0; i < 4; i++) {
			int host = 32 - address->prefix - 8 * (3 - i);
			uint8_t mask = host <= 0 ? 0 : host >= 8 ? 0xff : (uint8_t)((1 << host) - 1);
			broadcast[i] = address->bytes[i] | mask;
		}
		netlink_attribute(&request, IFA_BROADCAST, broadcast, sizeof broadcast);
	}
	return netlink_send(&request);
}

static bool add_gateway(unsigned index, const struct address *gateway)
{
	struct request request;
	struct rtmsg *route = netlink_begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof *route);
	route->rtm_family = (uint8_t)gateway->family;
	route->rtm_table = RT_TABLE_MAIN;
	route->rtm_protocol = RTPROT_BOOT;
	route->rtm_scope = RT_SCOPE_UNIVERSE;
	route->rtm_type = RTN_UNICAST;
	netlink_attribute(&request, RTA_GATEWAY, gateway->bytes, gateway->length);
	netlink_attribute(&request, RTA_OIF, &index, sizeof index);
	return netlink_send(&request);
}

static char *failed(const struct interface *interface, const char *what, const char *value)
{
	return text_message("interface %s: cannot %s %s: %s", interface->name, what, value, strerror(errno));
}

static char *set_gateways(unsigned index, const struct interface *interface)
{
	struct address address;
	for (size_t i = 0; i < interface->gateways.count; i++)
		if (!parse_address(interface->gateways.items[i], false, &address) || !add_gateway(index, &address))
			return failed(interface, "add the gateway", interface->gateways.items[i]);
	return NULL;
}

static char *set_addresses(unsigned index, const struct interface *interface)
{
	struct address address;
	if (!flush_addresses(index))
		return failed(interface, "remove", "its addresses");
	for (size_t i = 0; i < interface->addresses.count; i++)
		if (!parse_address(interface->addresses.items[i], true, &address) || !add_address(index, &address))
			return failed(interface, "add the address", interface->addresses.items[i]);
	return set_gateways(index, interface);
}

/* The NIC's interface under whatever name it has now. */
static unsigned find(const struct interface *interface, char name[IFNAMSIZ])
{
	int nic = interface->nic;
	if (nic < 0)
		for (nic = NICS - 1; nic >= 0 && strcmp(names[nic], interface->name) != 0; nic--)
			continue;
	if (nic < 0 || !devices_bind(BUS_NIC + (enum bus)nic) || !devices_name(BUS_NIC + (enum bus)nic, "net", name, IFNAMSIZ))
		return 0;
	snprintf(names[nic], IFNAMSIZ, "%s", interface->down ? "" : interface->name);
	return if_nametoindex(name);
}

void network_forget(void)
{
	memset(names, 0, sizeof names);
	memset(seen, 0, sizeof seen);
}

static bool set_ipv6(const struct interface *interface, const char *what, bool on)
{
	char path[64 + IFNAMSIZ];
	snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/%s", interface->name, what);
	/* A kernel without IPv6 has nothing to set. */
	return text_write(path, on ? "1" : "0") || errno == ENOENT;
}

/*
 * Addresses and ways out come from the engine alone: a neighbour that advertises itself must not become the way out, and
 * a network without IPv6 gives none, not even link-local ones.
 */
static bool prepare_ipv6(const struct interface *interface)
{
	bool wanted = false;
	for (size_t i = 0; i < interface->addresses.count; i++)
		wanted |= strchr(interface->addresses.items[i], ':') != NULL;
	return set_ipv6(interface, "accept_ra", false) && set_ipv6(interface, "disable_ipv6", !wanted);
}

/* All but the ways out, which can be changed while connections go on. */
static void describe(const struct interface *interface, char *text, size_t size)
{
	const uint8_t *mac = interface->mac;
	int length = snprintf(text, size, "%s %d %02x%02x%02x%02x%02x%02x %u", interface->name, interface->has_mac, mac[0], mac[1],
			      mac[2], mac[3], mac[4], mac[5], interface->mtu);
	for (size_t i = 0; i < interface->addresses.count && length >= 0 && (size_t)length < size; i++)
		length += snprintf(text + length, size - (size_t)length, " %s", interface->addresses.items[i]);
	if (length < 0 || (size_t)length >= size)
		*text = 0;
}

/* Whether the interface is that already, but perhaps for its ways out; it is taken note of. */
static bool is_so(const struct interface *interface, const char *name)
{
	char text[SEEN_MAX] = "";
	if (interface->nic < 0)
		return false;
	if (!interface->down)
		describe(interface, text, sizeof text);
	bool same = *text && strcmp(seen[interface->nic], text) == 0 && strcmp(name, interface->name) == 0;
	strcpy(seen[interface->nic], text);
	return same;
}

static char *become(const struct interface *interface, unsigned index, const char *name)
{
	if (!set_up(index, false))
		return failed(interface, "take down", name);
	if (!set_link(index, interface))
		return failed(interface, "rename", name);
	if (interface->down)
		return flush_addresses(index) ? NULL : failed(interface, "remove", "its addresses");
	if (!prepare_ipv6(interface))
		return failed(interface, "set up", "IPv6");
	if (!set_up(index, true))
		return failed(interface, "bring up", name);
	return set_addresses(index, interface);
}

char *network_configure(const struct interface *interface)
{
	char name[IFNAMSIZ];
	/* It never was one. */
	if (interface->down && interface->nic >= 0 && !devices_bound(BUS_NIC + (enum bus)interface->nic))
		return NULL;
	unsigned index = find(interface, name);
	if (!index)
		return text_message("interface %s: the machine has no such NIC", interface->name);
	char *message = is_so(interface, name) ? set_gateways(index, interface) : become(interface, index, name);
	if (message && interface->nic >= 0)
		*seen[interface->nic] = 0;
	return message;
}
