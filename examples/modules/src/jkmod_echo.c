// SPDX-License-Identifier: GPL-2.0
/*
 * jkmod_echo - /dev/jkmod_echo gives back what was written to it
 *
 * Each open file has a ring of its own, of the next of the parameter's sizes.
 */
#include <linux/ctype.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "jkmod_echo.h"
#include "jkmod_ring.h"

#define JKMOD_ECHO_MINOR 240	/* the first of those for local use */
#define JKMOD_ECHO_CHUNK 64

static bool upper;
module_param(upper, bool, 0644);
MODULE_PARM_DESC(upper, "Give everything back in upper case");

static int burst = 4096;
module_param(burst, int, 0644);
MODULE_PARM_DESC(burst, "Bytes that one write takes at most");

static char *greeting = "";
module_param(greeting, charp, 0444);
MODULE_PARM_DESC(greeting, "What a file holds when it is opened");

static int sizes[4];
static int sizes_count;
module_param_array(sizes, int, &sizes_count, 0444);
MODULE_PARM_DESC(sizes, "Ring sizes that files get in turn (default: jkmod_ring's)");

static atomic_t jkmod_echo_opens = ATOMIC_INIT(0);
static atomic_t jkmod_echo_open_now = ATOMIC_INIT(0);

unsigned int jkmod_echo_users(void)
{
	return atomic_read(&jkmod_echo_open_now);
}
EXPORT_SYMBOL_GPL(jkmod_echo_users);

static int jkmod_echo_open(struct inode *inode, struct file *file)
{
	unsigned int turn = atomic_inc_return(&jkmod_echo_opens) - 1;
	struct jkmod_ring *ring = jkmod_ring_alloc(sizes_count ? sizes[turn % sizes_count] : 0);

	if (!ring)
		return -ENOMEM;
	jkmod_ring_write(ring, greeting, strlen(greeting));
	file->private_data = ring;
	atomic_inc(&jkmod_echo_open_now);
	return stream_open(inode, file);
}

static int jkmod_echo_release(struct inode *inode, struct file *file)
{
	jkmod_ring_free(file->private_data);
	WARN_ON(atomic_dec_return(&jkmod_echo_open_now) < 0);
	return 0;
}

static ssize_t jkmod_echo_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	u8 chunk[JKMOD_ECHO_CHUNK];
	size_t done = 0, n;

	while (done < len) {
		n = jkmod_ring_read(file->private_data, chunk, min(len - done, sizeof(chunk)));
		if (!n)
			break;
		if (copy_to_user(to + done, chunk, n))
			return done ?: -EFAULT;
		done += n;
	}
	return done;
}

static ssize_t jkmod_echo_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	size_t done = 0, i, n, fits;
	u8 chunk[JKMOD_ECHO_CHUNK];

	len = min_t(size_t, len, max(READ_ONCE(burst), 1));
	while (done < len) {
		n = min(len - done, sizeof(chunk));
		if (copy_from_user(chunk, from + done, n))
			return done ?: -EFAULT;
		for (i = 0; READ_ONCE(upper) && i < n; i++)
			chunk[i] = toupper(chunk[i]);
		fits = jkmod_ring_write(file->private_data, chunk, n);
		done += fits;
		if (fits < n)
			break;
	}
	return done ?: (len ? -ENOSPC : 0);
}

static long jkmod_echo_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct jkmod_echo_status __user *status = (void __user *)arg;
	u32 waiting = jkmod_ring_waiting(file->private_data);
	u32 users = jkmod_echo_users();

	if (cmd != JKMOD_ECHO_STATUS)
		return -ENOTTY;
	if (!user_write_access_begin(status, sizeof(*status)))
		return -EFAULT;
	unsafe_put_user(waiting, &status->waiting, fault);
	unsafe_put_user(users, &status->users, fault);
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

static const struct file_operations jkmod_echo_fops = {
	.owner = THIS_MODULE,
	.open = jkmod_echo_open,
	.release = jkmod_echo_release,
	.read = jkmod_echo_read,
	.write = jkmod_echo_write,
	.unlocked_ioctl = jkmod_echo_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice jkmod_echo_device = {
	.minor = JKMOD_ECHO_MINOR,
	.name = "jkmod_echo",
	.fops = &jkmod_echo_fops,
};
module_misc_device(jkmod_echo_device);

MODULE_DESCRIPTION("A device that gives back what was written to it");
MODULE_AUTHOR("The jkmod authors");
MODULE_LICENSE("GPL");
MODULE_ALIAS_MISCDEV(JKMOD_ECHO_MINOR);
MODULE_ALIAS("devname:jkmod_echo");
MODULE_SOFTDEP("post: jkmod_stat");
MODULE_IMPORT_NS(JKMOD_RING);
