	.option norelax
	.text
	.word 0x00000013
	.reloc ., R_RISCV_RVC_JUMP, symbol; .half 0xbffd; c.nop
	.word 0x00000013
