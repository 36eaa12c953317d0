/* SPDX-License-Identifier: GPL-2.0 */
#ifndef JKMOD_ECHO_H
#define JKMOD_ECHO_H

#include <linux/ioctl.h>
#include <linux/types.h>

struct jkmod_echo_status {
	__u32 waiting;	/* bytes that a read would find */
	__u32 users;	/* files that are open */
};

#define JKMOD_ECHO_STATUS _IOR('j', 1, struct jkmod_echo_status)

#ifdef __KERNEL__
/* EXPORT_SYMBOL_GPL */
unsigned int jkmod_echo_users(void);
#endif

#endif
