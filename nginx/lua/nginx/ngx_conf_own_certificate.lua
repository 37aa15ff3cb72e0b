require("tidegate.certificate").choose_again()
