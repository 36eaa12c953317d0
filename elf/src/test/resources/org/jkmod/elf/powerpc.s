/* ELF32, big-endian, relocations with addends. */
	.macro	address value:vararg
	.4byte	\value
	.endm
	.include "common.s"

	.text
	.globl	init_module
	.type	init_module, @function
init_module:
	bl	external
	lis	9, (external_32 - 1)@ha
	lwz	9, (external_32 - 1)@l(9)
	lis	3, table@ha
	addi	3, 3, table@l
	blr
	.size	init_module, . - init_module
	.type	local_function, @function
local_function:
	b	grouped
	.size	local_function, . - local_function
