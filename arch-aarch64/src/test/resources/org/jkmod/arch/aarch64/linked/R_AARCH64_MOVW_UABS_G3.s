	.text
	.inst 0xd503201f
	movz x3, #:abs_g3:symbol
	.inst 0xd503201f
