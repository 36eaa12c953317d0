# Every relocation type that kernel modules may have, where a compiler or the kernel's macros put it. See generate.
	.text
	.globl	entry
entry:
	call	kernel_function			# R_X86_64_PLT32
	call	local_function			# none: the assembler knows the distance
	call	other_function			# R_X86_64_PLT32, to another section
	jmp	kernel_function
	lea	datum(%rip), %rsi		# R_X86_64_PC32
	movl	$7, datum+4(%rip)		# R_X86_64_PC32, -8
	mov	$kernel_table, %rdi		# R_X86_64_32S: a sign-extended immediate
	mov	kernel_table(,%rax,8), %rax	# R_X86_64_32S: a sign-extended displacement
	mov	$low_address, %eax		# R_X86_64_32
	movabs	$kernel_function, %rcx		# R_X86_64_64
	.reloc	., R_X86_64_NONE, kernel_function
local_function:
	ret

	.section .init.text, "ax"
	nop
other_function:
	lea	entry(%rip), %rax		# R_X86_64_PC32, back
	jmp	local_function

	.data
	.byte	1
datum:
	.quad	entry				# R_X86_64_64, at an odd address
	.quad	datum - 3
	.quad	kernel_function + 0x1234
	.quad	kernel_function - .		# R_X86_64_PC64
	.long	entry - .			# R_X86_64_PC32, as in __ksymtab
	.long	low_address + 0x10		# R_X86_64_32
	.byte	2
