/* Symbols of every kind that nm(1) has a letter for, in sections as a kernel has them. */
        .text
        .globl _text, function, alias_b, __start_alias, alias_weak
_text:
        .type function, @function
function: nop
        .type local_function, @function
local_function: nop
alias_b: .set _alias_a, .
        .globl _alias_a
__start_alias:
        .weak alias_weak
alias_weak:
        nop
        .weak weak_function
        .type weak_function, @function
weak_function: nop
.Llabel: nop
        .section .init.text, "ax", @progbits
        .globl init_function
init_function: nop
init_local: nop
        .section .rodata, "a", @progbits
        .globl constant
constant: .quad 1
local_constant: .quad 2
        .section __ksymtab, "a", @progbits
table_entry: .quad 3
        .data
        .globl variable
variable: .quad 4
local_variable: .quad 5
        .weak weak_object
        .type weak_object, @object
weak_object: .quad 6
        .globl unique_object
        .type unique_object, @gnu_unique_object
unique_object: .quad 7
        .section .init.data, "aw", @progbits
        .globl init_variable
init_variable: .quad 8
init_local_variable: .quad 9
        .section .data..ro_after_init, "aw", @progbits
ro_after_init: .quad 10
        .bss
        .globl zero
zero: .skip 8
local_zero: .skip 8
        .section .bss..page_aligned, "aw", @nobits
page_aligned: .skip 8
        .section .brk, "aw", @nobits
brk: .skip 8
        .section .data..percpu, "aw", @progbits
        .globl percpu_variable
percpu_variable: .quad 11
percpu_local: .quad 12
        .section .comment_like, "", @progbits
not_in_memory: .quad 13
        .section .debug_info, "", @progbits
debug: .quad 14
        .globl absolute
        .set absolute, 0x1234
        .set local_absolute, 0x1235
        .weak undefined_weak
        .quad undefined_weak
        .text
        .globl ifunc
        .type ifunc, @gnu_indirect_function
ifunc: ret
