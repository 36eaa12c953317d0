/* ELF64, little-endian, relocations with addends. */
	.macro	address value:vararg
	.8byte	\value
	.endm
	.include "common.s"

	.text
	.globl	init_module
	.type	init_module, @function
init_module:
	call	external
	movl	table(%rip), %eax
	movq	$local_data, %rdi
	movabsq	$external + 0x123456789abc, %rsi
	movl	external_32 - 1, %ecx
	ret
	.size	init_module, . - init_module
	.type	local_function, @function
local_function:
	jmp	grouped
	.size	local_function, . - local_function
